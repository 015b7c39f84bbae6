resource "azurerm_mssql_database" "new" {
  name = "x"

  lifecycle {
    prevent_destroy = true
  }
}
moved {
  from = azurerm_mssql_database.dwh
  to   = azurerm_mssql_database.new
}
