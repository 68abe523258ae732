-- schema: leaves room on each page, so that the updates of a delivery stay on the page of its row (HOT).
ALTER TABLE push_pushdelivery SET (fillfactor = 45);
ALTER TABLE push_pushsubscription SET (fillfactor = 75);
