"""ICE-lite, DTLS and SRTP on one UDP port."""
