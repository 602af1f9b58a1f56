"""People and intent: rooms, seats, rights, the programme, the messages. Cores without IO."""
