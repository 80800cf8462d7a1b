"""Is this person qualified for another period?

question  what follows from this evidence, by the decision table of contract.md section 4?
input     FaceEvidence (liveness verdict, comparison, photo quality, who vouched)
output    Decision (`qualified`, `retry`, `refer`, each with reasons), Certificate, due date
rules     a photo alone never qualifies; no failure yields a pass or a penalty
hands on  to monitoring; a disposition comes back as new evidence, never as an edit
"""
