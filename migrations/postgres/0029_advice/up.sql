-- What was suggested to whoever took the ticket down, and what became of it: `model:taken:now:lead`.
ALTER TABLE ticket ADD COLUMN advice TEXT;
