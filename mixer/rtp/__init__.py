"""RTP without IO: parsing, packetising, sequence and clock maps."""
