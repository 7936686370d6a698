"""SurveyCake forms: surveys, their questions, and submissions by contacts."""
