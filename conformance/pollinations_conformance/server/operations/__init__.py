"""What the gateway's operations do, in a module for each tag of the contract."""
