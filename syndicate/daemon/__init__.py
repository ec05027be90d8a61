"""`serve`: scheduler, mail and web in one asyncio process."""
