"""A receipt in two standard forms: Kantara 1.1 and ISO/IEC TS 27560. Pure.

Kantara Initiative, Consent Receipt Specification v1.1 (its JSON schema is met); ISO/IEC TS
27560:2023 in the JSON-LD shape of the W3C DPV community group: one process for each purpose that
can be revoked by itself. Neither has a receipt of a refusal, so refusals and withdrawals stand in
the Kantara receipt as a separate service under which nothing is processed.
"""

from dataclasses import dataclass
from datetime import datetime

GIVEN = "given"
DPV_STATUS = {
    "given": "dpv:ConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "later": "dpv:ConsentRequestDeferred",
    "unsure": "dpv:ConsentRequestDeferred",
}
COLLECTION_METHODS = {
    "web": "Web form of the portal",
    "paper": "Signed paper form entered by the school",
    "telephone": "Telephone call noted by the school and confirmed by a second person",
}
SENSITIVE_CATEGORIES = {  # sensitive categories that the data of these purposes may reveal
    "checkin_review": "health",
    "mood_weather": "health",
    "nurse_room": "health",
    "household": "family",
    "income": "economic",
    "allowances": "economic",
}
NOT_PROCESSED = "No processing: refused, withdrawn or not decided"


@dataclass(frozen=True)
class Controller:
    """Who is responsible for the processing, as far as the municipality has stated it ("" if not)."""

    name: str
    contact: str
    address: str
    email: str
    phone: str


@dataclass(frozen=True)
class ReceiptItem:
    """One answer of a receipt, with the document it was given to."""

    purpose: str  # code
    name: str
    response: str
    what: str
    source: str
    recipients: str
    kept: str
    aim: str
    version: int
    document: str  # id


@dataclass(frozen=True)
class ReceiptFacts:
    """Everything the two forms state; ids are those of the portal, never names of people."""

    receipt: str
    student: str
    party: str  # guardian | student
    channel: str
    decided_at: datetime
    programme: str
    controller: Controller
    policy_url: str
    withdraw_url: str
    ends_on: str
    items: tuple[ReceiptItem, ...]


def kantara_receipt(facts):
    """The Kantara consent receipt v1.1 (a dict that meets its JSON schema)."""
    given = [item for item in facts.items if item.response == GIVEN]
    other = [item for item in facts.items if item.response != GIVEN]
    return {
        "version": "KI-CR-v1.1.0",
        "jurisdiction": "JP",
        "consentTimestamp": int(facts.decided_at.timestamp()),
        "collectionMethod": COLLECTION_METHODS[facts.channel],
        "consentReceiptID": facts.receipt,
        "language": "ja",
        "piiPrincipalId": facts.student,
        "piiControllers": [
            {
                "piiController": facts.controller.name,
                "onBehalf": False,
                "contact": facts.controller.contact,
                "address": {
                    "streetAddress": facts.controller.address,
                    "addressCountry": "JP",
                },
                "email": facts.controller.email,
                "phone": facts.controller.phone,
            }
        ],
        "policyUrl": facts.policy_url,
        "services": [
            {"service": name, "purposes": [_kantara_purpose(item, facts) for item in items]}
            for name, items in ((facts.programme, given), (NOT_PROCESSED, other))
            if items
        ],
        "sensitive": any(item.purpose in SENSITIVE_CATEGORIES for item in given),
        "spiCat": sorted(
            {SENSITIVE_CATEGORIES[i.purpose] for i in given if i.purpose in SENSITIVE_CATEGORIES}
        ),
    }


def _kantara_purpose(item, facts):
    is_given = item.response == GIVEN
    return {
        "purpose": item.name,
        "purposeCategory": [item.purpose],
        "consentType": "EXPLICIT" if is_given else item.response.upper(),
        "piiCategory": [item.what],
        "primaryPurpose": False,
        "termination": f"{item.kept} {facts.withdraw_url}" if is_given else "",
        "thirdPartyDisclosure": False,
    }


def iso27560_record(facts):
    """The consent record after ISO/IEC TS 27560:2023 (JSON-LD, DPV vocabulary)."""
    return {
        "@context": "https://w3id.org/dpv/dpv.jsonld",
        "dct:conformsTo": "dpv-27560:record-2",
        "dpv:hasIdentifier": facts.receipt,
        "dpv:hasDataSubject": facts.student,
        "dct:language": "ja",
        "dpv:hasJurisdiction": "JP",
        "dpv:hasNotice": facts.policy_url,
        "dpv:hasProcess": [_process(item, facts) for item in facts.items],
        "dpv:hasEntity": [
            {
                "@id": "controller",
                "@type": "dpv:DataController",
                "dpv:hasName": facts.controller.name,
                "dpv:hasAddress": facts.controller.address,
                "dpv:hasContact": " ".join(
                    filter(
                        None,
                        (facts.controller.contact, facts.controller.email, facts.controller.phone),
                    )
                ),
            }
        ],
    }


def _process(item, facts):
    return {
        "dpv:hasPurpose": {
            "@id": item.purpose,
            "dct:title": item.name,
            "dct:description": item.aim,
        },
        "dpv:hasPersonalData": item.what,
        "dpv:hasProcessing": ["dpv:Collect", "dpv:Store", "dpv:Consult"],
        "dpv:hasDataController": "controller",
        "dpv:hasDataSource": item.source,
        "dpv:hasRecipient": item.recipients,
        "dpv:hasStorageCondition": {
            "dpv:hasDuration": item.kept,
            "dpv:hasLocation": "JP",
            "dpv:hasEndDate": facts.ends_on,
        },
        "dpv:hasLegalBasis": "dpv:Consent",
        "dpv:hasNotice": {"@id": item.document, "dct:hasVersion": item.version},
        "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "@id": facts.withdraw_url},
        "dpv:hasConsentStatus": [
            {
                "@type": DPV_STATUS[item.response],
                "dpv:isIndicatedAtTime": facts.decided_at.isoformat(),
                "dpv:isIndicatedBy": facts.party,
                "dpv:isExercisedAt": COLLECTION_METHODS[facts.channel],
            }
        ],
    }
