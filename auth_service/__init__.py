"""Benefit-eligibility authentication (社会保险待遇领取资格认证), in the order that a capture travels.

1  beneficiaries/   who is entitled: ledger rows, ID numbers
2  faces/           what a face is to us: sample, quality, template (engines/ does the numerics)
3  enrollment/      photos become the references of one person
4  capture/         what a session before a camera asks, and what came back
   liveness/        did a living person stand there, or does somebody vouch?
5  matching/        probe against reference, in zones that a calibration record sets
   crosscheck/      which row of a registry speaks of whom
6  payments/        acts on money: who must stand for them, and what a month comes to
   qualification/   evidence -> decision -> certificate and due date
   notices/         what people are told, in which words, before money is touched
7  monitoring/      what looks wrong becomes a flag for people
8  flows/           the story: one file per use case (read flows/verify.py first)
9  storage/         everything encrypted, append-only, chained
10 channels/, console/   agencies' systems over HTTP, monitors in a browser
11 wiring/          the one place that puts it together; settings.py says with which values
12 cli/             the same flows from a terminal: `auth-service --help`
"""

__version__ = "0.1.0"
