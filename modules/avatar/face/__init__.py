"""The moving face: lips and eyes that are drawn anew when they change, and the head's motion."""
