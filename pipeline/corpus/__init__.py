"""The annotated corpus: its formats, its checks."""
