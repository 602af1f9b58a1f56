"""Archive: ISO and programme files, manifest, verification and recovery."""
