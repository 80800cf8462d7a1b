"""Probe against reference, one to one.

question  do two templates show the same person, at a known rate of error?
input     two Templates of one engine, and the calibration record of that engine
output    ComparisonDecision: zone `match`, `grey` or `non_match`, with score and calibration version
rules     no threshold without a calibration record; NaN or mixed engines never become a score
hands on  to qualification (as part of FaceEvidence) and to monitoring

Deciding: comparison.py, calibration.py (records in calibrations/). Measuring, for `auth-service evaluate`: manifests.py
(what to compare), score_sets.py (many scores), metrics.py (rates), resampling.py (intervals by person), evaluation.py
(one report), split.py (cells, halves, new calibration records). Calibrating on the operator's own people, for
`auth-service calibrate`: own_people.py (who and which photos), own_scores.py (their scores, bounded), own_thresholds.py
(measured or raised), own_record.py (the record and its report), effect.py (what it would change), normalisation.py
(measured, never applied).
"""
