"""What a browser opens: the Explore page, answers by URL, and the files of the pages."""
