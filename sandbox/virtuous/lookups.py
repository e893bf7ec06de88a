"""The lists behind the drop-downs: mostly bare arrays, of texts or of objects."""

from __future__ import annotations

from typing import Any

from sandbox.arithmetic import Record
from sandbox.virtuous.words import METHOD_TYPES

NON_CASH_TYPES: list[Record] = [
    {"id": 1, "name": "Furniture", "isEnabled": True},
    {"id": 2, "name": "Vehicle 🚗", "isEnabled": False},
]
LOOKUPS: dict[str, list[Any]] = {
    "Contact/Types": [
        {"parentType": "Household", "type": "Household"},
        {"parentType": "Organization", "type": "Organization"},
        {"parentType": "Foundation", "type": "Foundation"},
        {"parentType": "Organization", "type": "Church"},
    ],
    "Contact/Prefixes": ["Mr", "Ms", "Dr", "Mr"],
    "ContactMethod/Types": list(METHOD_TYPES),
    "Relationship/Types": [
        {"group": "Family", "relationship": "Parent", "inverseRelationship": "Child"},
        {"group": "Work", "relationship": "Employer", "inverseRelationship": "Employee"},
    ],
    "Gift/NonCashGiftTypes": NON_CASH_TYPES,
    "Project/Types": ["Program", "Fund", "Event"],
    "Event/Types": ["Gala", "Golf Tournament"],
    "Task/Types": ["Call", "Visit"],
    "Communication/ChannelTypes": ["Mail", "Email", "Phone"],
    "Communication/CommunicationTypes": ["Appeal", "Newsletter", "Acknowledgement"],
    "ProjectNote/Types": ["General"],
    "ProjectRole/Types": ["Sponsor", "Staff Lead"],
}
