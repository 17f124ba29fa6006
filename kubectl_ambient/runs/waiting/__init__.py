"""`--wait`: follows the pods until each is where it should be."""
