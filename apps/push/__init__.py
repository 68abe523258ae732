"""Web Push: subscriptions, broadcasts, deliveries."""
