"""The conformance suite's engine: target, session, budget, written and generated checks, outcomes."""
