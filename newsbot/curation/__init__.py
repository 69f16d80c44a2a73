"""What an archivist does with an archive: audit, index, collect, import, withdraw, cut fixtures."""
