resource "azurerm_mssql_database" "other" {
  name = "x"
}
removed {
  from = azurerm_mssql_database.dwh

  lifecycle {
    destroy = false
  }
}
