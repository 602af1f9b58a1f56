# What is looked at many times a second: whom time has made due, what flows, what is taken.

def peers_due(dict peers, int64_t now_ns):
    """Peers for whom `Reporter.poll_peer` has something to send."""
    cdef PeerCore peer
    found = []
    for peer in peers.values():
        if is_due(peer, now_ns):
            found.append(peer)
    return found


cdef bint is_due(PeerCore peer, int64_t now_ns) except -1:
    cdef OutCore out
    if not peer.sends:
        return False
    if peer.arrivals is not None and now_ns >= peer.feedback_due_ns:
        return True
    if now_ns >= peer.report_due_ns and peer.media:
        return True
    for out in (<dict>peer.outs).values():
        if out.sent_packets and now_ns >= out.report_due_ns:
            return True
    return False


def restless(dict streams):
    """In-streams that miss packets or whose key frame is still to be asked for.

    Read off the fields themselves: a property of each would be most of the cost.
    """
    cdef StreamCore stream
    found = []
    for stream in streams.values():
        nack = stream.nack
        if nack is not None and (nack._missing or nack.lost > stream.lost_seen):
            found.append(stream)
        elif stream.gate._pending:
            found.append(stream)
    return found


def flows(dict streams):
    """See `ReferenceFanout.stream_flows`."""
    cdef StreamCore stream
    return [
        StreamFlow(
            stream.stream, stream.payload_type, stream.last_packet_ns, stream.packets, stream.octets
        )
        for stream in streams.values()
    ]


def out_flows(dict outs):
    """See `ReferenceFanout.out_flows`."""
    cdef OutCore out
    found = []
    for number, out in outs.items():
        found.append(OutFlow(number, out.peer.peer, out.packets, out.octets))
    return found


def taken(dict streams, dict outs):
    """See `Registry.taken`."""
    cdef StreamCore stream
    cdef OutCore out
    found = {stream.stream for stream in streams.values() if stream.tapped}
    for out in outs.values():
        if not out.is_ready():
            continue
        if out.current_id in streams:  # -1 never is
            found.add(out.current_id)
        target = out.target
        if target is not None and target in streams:
            found.add(target)
    return frozenset(found)
