"""What anybody needs who shows sessions to people, on whatever screen: below the page and the terminal."""
