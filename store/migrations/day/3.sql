-- How much of a message lies in text.db: 0 nothing, 1 all, 2 perhaps not all of its body, 3 perhaps
-- not all of anything. Until now 1 stood for all three, so all are looked at again. What text.db
-- holds is found meanwhile.
UPDATE message SET indexed = 0 WHERE indexed <> 0;
CREATE INDEX message_in_part ON message (indexed, id) WHERE indexed > 1;
