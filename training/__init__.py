"""How the embedding model, the word vectors and the cross-encoder are made, and the sets in the other language."""
