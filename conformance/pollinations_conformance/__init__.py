"""The pollinations.ai contract at work: reference server, conformance suite, replay of traffic."""
