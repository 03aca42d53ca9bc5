"""Reports of a run: JSON, JUnit, HTML, merged shards, known failures."""
