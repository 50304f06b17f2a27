"""One trainer for each trainable stage, all from the annotated corpus, into a model folder."""
