"""Is this person qualified for another period?

question  what follows from this evidence, by the decision table of contract.md section 4?
          and where does a benefit stand today (status.py, from facts, policies and a date alone)?
input     FaceEvidence (liveness verdict, comparison, photo quality, who vouched); events, acts of people, policies
output    Decision (`qualified`, `retry`, `refer`, each with reasons), Certificate, due date, Status with its reasons
rules     a photo alone never qualifies; no failure yields a pass or a penalty; no machine takes money away
hands on  to monitoring; a disposition comes back as new evidence, never as an edit
"""
