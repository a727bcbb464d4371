"""The proof that every rule of the contract is kept, alone and with all others."""
