"""Presentation attack detection (ISO/IEC 30107).

question  did a living person stand before the camera now?
input     captured steps, or the word of an officer or device that saw the person
output    PadDecision
rules     each layer (layers.py) judges numbers alone, and fusion.py makes one verdict of what they found
          a photo alone is `none`, never bona fide; a copy of a known photo is `attack_suspected`
hands on  to qualification
"""
