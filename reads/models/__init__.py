"""What the cameras saw, and who looked: every model of reads, by the file that keeps it."""

from .base import listed
from .cameras import POLICE_AREAS, Camera, SitingAttestation, Source
from .corrections import Correction, ReadReport, RightPlate
from .deliveries import Batch, DeliveryRefused, NonceSeen
from .disposal import BrakeRaised, BrakeReleased, CertifiedDay, DisposedDay, PurgeRun, RetentionBreach
from .holds import (
    HeldDisposed,
    Hold,
    HoldDecision,
    HoldItem,
    HoldMember,
    HoldReview,
    HoldState,
    ReleaseAsked,
    ReleaseDecision,
)
from .quarantine import BackupMade, Quarantine, QuarantineEnd
from .queries import (
    Access,
    Answer,
    CaseNumberSupplied,
    ListExport,
    Query,
    QueryDecision,
    QueryRun,
    QueryUserObjectPermission,
)
from .windows import HeldPicture, HeldRead, Picture, Read

__all__ = [
    "POLICE_AREAS",
    "Access",
    "Answer",
    "BackupMade",
    "Batch",
    "BrakeRaised",
    "BrakeReleased",
    "Camera",
    "CaseNumberSupplied",
    "CertifiedDay",
    "Correction",
    "DeliveryRefused",
    "DisposedDay",
    "HeldDisposed",
    "HeldPicture",
    "HeldRead",
    "Hold",
    "HoldDecision",
    "HoldItem",
    "HoldMember",
    "HoldReview",
    "HoldState",
    "ListExport",
    "NonceSeen",
    "Picture",
    "PurgeRun",
    "Quarantine",
    "QuarantineEnd",
    "Query",
    "QueryDecision",
    "QueryRun",
    "QueryUserObjectPermission",
    "Read",
    "ReadReport",
    "ReleaseAsked",
    "ReleaseDecision",
    "RetentionBreach",
    "RightPlate",
    "SitingAttestation",
    "Source",
    "listed",
]
