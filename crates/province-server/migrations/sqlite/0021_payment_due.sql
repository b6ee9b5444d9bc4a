-- A fee that is due for an application, and the challan by which an office noted it as paid.

ALTER TABLE application ADD COLUMN amount_rupees INTEGER CHECK (amount_rupees > 0);   -- as the office assessed it
ALTER TABLE application ADD COLUMN challan BLOB;                                   -- its number, sealed
