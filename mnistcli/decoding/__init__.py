"""The bytes of any picture file to upright light of eight bits. Any room above may enter."""
