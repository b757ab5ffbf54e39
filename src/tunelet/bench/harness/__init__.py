"""How anything is measured here: workers that take turns, texts, ceilings, documents and their tables."""
