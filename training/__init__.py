"""How `index/model` is made: from public English-French pairs to the saved embedding model."""
