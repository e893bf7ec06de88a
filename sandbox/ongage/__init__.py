"""A stand-in for the OnGage e-mail marketing API."""
