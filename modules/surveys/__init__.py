"""SurveyCake forms: what is asked, what contacts answer, and what an answer tells the receiver."""
