"""Stand-ins for the APIs that the connectors read, each with the truth a perfect sync would give.

Nothing here imports a connector or `common`: a wrong belief about an API must not be able to hide on both sides.
Run one with `python -m sandbox virtuous`, or within a test with `sandbox.server.running("virtuous")`.
"""
