-- How much of a message lies in text.db: 0 nothing, 4 all, 2 perhaps not all of its body, 3 perhaps
-- not all of anything; 1 was written until now, for all three, so nobody knows. Those are read again
-- by and by; no row is changed here, because a day may have very many.
CREATE INDEX message_in_part ON message (indexed, id) WHERE indexed BETWEEN 1 AND 3;
