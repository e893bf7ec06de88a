"""The stand-in for the API of EveryAction, which is NGP VAN's."""
