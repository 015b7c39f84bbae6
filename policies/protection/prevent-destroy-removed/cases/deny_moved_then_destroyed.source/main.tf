resource "azurerm_mssql_database" "new" {
  name = "x"
}
moved {
  from = azurerm_mssql_database.dwh
  to   = azurerm_mssql_database.new
}
