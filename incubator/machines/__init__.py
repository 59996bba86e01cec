"""What whoever runs the product does with its database from a shell: back up, restore, distribute."""
