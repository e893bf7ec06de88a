"""Invented words and odd texts. Nobody in here exists; every address is at example.org."""

from __future__ import annotations

FIRST_NAMES = (
    "Dana", "Lee", "Ingrid", "Mateo", "Zoë", "Anand", "Björk", "Chidi", "Saoirse", "Wei", "Nadia", "Otto", "Priya",
    "Quentin", "Rosa", "Søren", "Thandi", "Uma", "Viktor", "Yara",
)  # fmt: skip
LAST_NAMES = (
    "Example", "O'Sample", "Muster", "Placeholder", "D\"Quote", "Ñandú", "Testerson", "von Beispiel", "Fictitious",
    "Invented", "Madeup", "Smith-Nobody", "李", "Sentinel", "Dummy",
)  # fmt: skip
ODD_TEXTS = (
    None, "", "Met at the gala 🎉", 'She said "call me", twice', "Two\nlines\r\nand a tab\there",
    "<p>Likes <b>HTML</b> &amp; tea</p>",
    "Plain words", "Ends with a backslash \\", "NULL", "None", "0", "  padded  ", "ünïcödé ✅ 👩‍👩‍👧",
    "comma, semicolon; pipe|",
)  # fmt: skip
CITIES = (("Phoenix", "AZ", "85001"), ("Tucson", "AZ", "85701"), ("Boise", "ID", "83702"), ("Madison", "WI", None))
STREETS = ("1 Sample St", "22 Test Ave", "333 Placeholder Blvd, Apt #4", "4 Rue de l'Exemple", "Nowhere Lane 5")
PHONES = ("(602) 555-0142", "+1 520 555 0199", "4.91577e+12", "555-0100 ext. 9", "call the office")
USERS = ("Api User", "Dana Example", "Import Job", None)
METHOD_TYPES = (
    "Home Email", "Work Email", "Other Email", "Home Phone", "Mobile Phone", "Work Phone", "Other Phone", "Fax",
    "Facebook", "Twitter", "LinkedIn", "Skype", "Web", "Other",
)  # fmt: skip
PREFIXES = ("Mr", "Ms", "Mrs", "Dr", "Rev", "Mx", "Mr", None, None)
GIFT_TYPES = (
    "Cash", "Check", "Credit", "Cryptocoin", "Electronic Funds Transfer", "Non-Cash", "Other",
    "Qualified Charitable Distribution", "Stock", "Paypal",
)  # fmt: skip
FREQUENCIES = ("Weekly", "Bimonthly", "Monthly", "Quarterly", "Semiannually", "Annually", "Biennially")
PROJECT_WORDS = (
    "Wells",
    "Water",
    "School Meals",
    "Clinic",
    "Building Fund",
    "Where Needed Most",
    "Orphan Care",
    "Seeds",
)
TAG_NAMES = (
    "Major Donor", "Board", "Newsletter", "Lapsed", "Volunteer", "Alumni", "VIP ⭐", "Do Not Mail", "Church",
    "Major Donor",
)  # fmt: skip
GROUP_NAMES = ("Grace Church", 'Rotary "North"', "Alumni 1998", "Board of Friends", "Choir", "Runners' Club")
COLLECTIONS = ((3, "Boards", ("Role", "Since")), (5, "Pets", ("Kind", "Name 🐾")))
