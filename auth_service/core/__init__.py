"""Words shared by every stage, standard library only: errors, clock, identifiers, audit chain, key port."""
