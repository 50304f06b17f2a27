"""The stages of the line: one folder each, each a spaCy factory, none importing another."""
