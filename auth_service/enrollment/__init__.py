"""From a reference photo to a reference.

question  may this photo stand for this person, and with how much trust?
input     a FaceSample, its photo source and consent, the person's present reference set
output    ReferenceSet: the photos in force and their mean template
rules     one active set per person, the past kept; a self-upload never counts until a human looked;
          a face that differs from the references in force is refused
hands on  to matching, as the reference side of a comparison
"""
