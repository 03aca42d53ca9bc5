"""Compare the contract with another OpenAPI document."""
