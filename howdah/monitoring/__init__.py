"""What talks to monitoring servers, and what the job exporter tells them."""
