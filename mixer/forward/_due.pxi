# What is looked at many times a second: whom time has made due, what flows, what is taken.

cdef inline bint is_due(PeerCore peer, int64_t now_ns) except -1:
    cdef OutCore out
    if not peer.sends:
        return False
    if owes_arrivals(peer, now_ns) or owes_reception(peer, now_ns):
        return True
    for out in peer.outs.values():
        if out.owes_report(now_ns):
            return True
    return False


cdef bint is_restless(StreamCore stream) except -1:
    """Whether it misses packets, or has a key frame that is still to be asked for."""
    if stream.may_miss:
        nack = stream.nack
        if nack is not None and (nack._missing or nack.lost > stream.lost_seen):
            return True
        stream.may_miss = False
    return len(stream.pending) > 0


cdef class CompiledSchedule:
    """`schedule.Schedule`, compiled: names those for whom something is due, and no others."""

    cdef dict streams, peers
    cdef public Telling telling
    cdef int64_t streams_due_ns, reports_due_ns, awaited_due_ns

    def __init__(self, dict streams, dict peers):
        self.streams = streams
        self.peers = peers

    cdef bint has_due(self, int64_t now_ns) except -1:
        """Whether `look` would name anybody; reports that need nobody are sent."""
        cdef StreamCore stream
        cdef PeerCore peer
        cdef bint found = False
        if now_ns >= self.streams_due_ns:
            if now_ns >= self.awaited_due_ns:
                return True
            for stream in self.streams.values():
                if is_restless(stream):
                    return True
            self.streams_due_ns = now_ns + STREAMS_NS
        if now_ns >= self.reports_due_ns:
            for peer in self.peers.values():
                if is_due(peer, now_ns) and not self.telling.tell(peer, now_ns):
                    found = True
            if not found:
                self.reports_due_ns = now_ns + REPORTS_NS
        return found

    def look(self, int64_t now_ns):
        """See `Schedule`."""
        cdef bint checks_awaited = False
        cdef StreamCore stream
        cdef PeerCore peer
        cdef list streams = None, peers = None
        if now_ns >= self.streams_due_ns:
            self.streams_due_ns = now_ns + STREAMS_NS
            checks_awaited = now_ns >= self.awaited_due_ns
            if checks_awaited:
                self.awaited_due_ns = now_ns + AWAITED_NS
            for stream in self.streams.values():
                if checks_awaited or is_restless(stream):
                    streams = added(streams, stream)
        if now_ns >= self.reports_due_ns:
            self.reports_due_ns = now_ns + REPORTS_NS
            for peer in self.peers.values():
                if is_due(peer, now_ns):
                    peers = added(peers, peer)
        if streams is None and peers is None:
            return None
        return Due(streams or (), peers or (), bool(checks_awaited))


cdef list added(list found, one):
    if found is None:
        return [one]
    found.append(one)
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
