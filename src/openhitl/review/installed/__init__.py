"""What makes the pages an app: notifications, the service worker, what shows without a connection."""
