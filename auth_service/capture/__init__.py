"""One attempt before a camera.

question  what was asked of the person, when, and what came back?
input     a person, a channel and what the person can do
output    CaptureSession, Challenge, CapturedStep
rules     a challenge is drawn only once the camera runs; a step is told once the one before it is sealed, and is
          final; a session is claimed once
hands on  to liveness (was it a living person?) and matching (was it this person?)
"""
