"""How people and programs meet the service. Faces translate: no SQL, no rule and no threshold in here."""
