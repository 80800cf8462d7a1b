"""What bulk enrolment assumes about the ground on which faces are processed."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.enrollment.consent import ConsentBasis


@dataclass(frozen=True, slots=True)
class EnrollmentPolicy:
    """Ground recorded for photos that an agency enrols from its own files.

    bulk_basis      `statutory_duty` or `separate_consent`; the operator must be able to show it
    bulk_reference  the law or the form that the operator relies on
    bulk_text       version of the consent or notice text
    source: trust.md section 3 (face recognition measures in force 2025-06-01; handling regulation art. 26)
    """

    bulk_basis: ConsentBasis = ConsentBasis.STATUTORY_DUTY
    bulk_reference: str = "社会保险经办条例 第二十六条"
    bulk_text: str = "agency-file-1"
